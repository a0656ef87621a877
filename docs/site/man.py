"""Doxygen's man pages, made fit for mandoc."""


def tidy(directory, version):
    pass
