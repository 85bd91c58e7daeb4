"""The class of an exception as far as NumPy promises it."""


def public_class(error: Exception) -> type[Exception]:
    """The error's class, or for a private one of NumPy's the public class that it extends.

    Which of its private classes NumPy raises for a missing loop depends on the calls before it in the process.
    """
    return next(kind for kind in type(error).__mro__ if not kind.__module__.endswith("core._exceptions"))
