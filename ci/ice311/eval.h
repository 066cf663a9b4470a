/* Python 3.11 dropped eval.h; what Ice wants of it comes with Python.h. */
