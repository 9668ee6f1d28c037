"""Speed and memory beside the peers: the same training in every library, in one run, as ratios. See README.md."""
