"""One file a library: ``train(task, X, mark, seed)`` builds the task's network, calls ``mark`` at the end of every epoch,
and returns a function from rows to their mean reconstructions."""
