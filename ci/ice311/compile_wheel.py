"""Build the wheel of the source tree in the current folder, on every core.

Run by ``build_ice.py`` inside its build environment: ``compile_wheel.py OUT``. Setuptools compiles
the 224 files of Ice one after the other; here its compiler hands them to threads.
"""
# ruff: noqa: I001 - distutils comes after setuptools, which puts its own copy in place

import os
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import setuptools.build_meta
from distutils.ccompiler import CCompiler

_compile_all = CCompiler.compile


def _compile_in_parallel(
    compiler: CCompiler, sources: list[str], *args: Any, **kwargs: Any
) -> list[str]:
    """Stand in for ``CCompiler.compile``: the same files, several at a time."""
    compile_one = compiler._compile
    running: list[Future[None]] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        compiler._compile = lambda *a, **k: running.append(pool.submit(compile_one, *a, **k))
        try:
            objects: list[str] = _compile_all(compiler, sources, *args, **kwargs)
            for count, job in enumerate(running, start=1):
                job.result()
                if count % 20 == 0 or count == len(running):
                    print(f"  {count} of {len(running)} files compiled", file=sys.stderr)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        finally:
            compiler._compile = compile_one
    return objects


if __name__ == "__main__":
    CCompiler.compile = _compile_in_parallel
    # Ice's setup.py counts on its own folder being importable, as under `python setup.py`.
    setuptools.build_meta.__legacy__.build_wheel(sys.argv[1])
