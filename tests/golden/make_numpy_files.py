"""Writes the NumPy files that tests/io/npy_test.cpp and npz_test.cpp read, into tests/golden/numpy_files.

Made with numpy 2: python tests/golden/make_numpy_files.py
"""

import pathlib

import numpy

FOLDER = pathlib.Path(__file__).parent / "numpy_files"
DTYPES = "bool uint8 int8 uint16 int16 uint32 int32 uint64 int64 float16 float32 float64 complex64 complex128".split()


def main():
    FOLDER.mkdir(exist_ok=True)
    grid = numpy.arange(6).reshape(2, 3)
    arrays = {name: numpy.array([1, 2, 4]).astype(name) for name in DTYPES}
    numpy.savez(FOLDER / "every_dtype.npz", **arrays)
    numpy.savez_compressed(FOLDER / "compressed.npz", images=numpy.zeros((10, 28, 28), "u1"), labels=numpy.arange(10))
    numpy.savez(FOLDER / "single.npz", x=grid.astype("f4"))
    numpy.save(FOLDER / "fortran.npy", numpy.asfortranarray(grid.astype("f8")))
    numpy.save(FOLDER / "big_endian.npy", grid.astype(">i4"))
    numpy.save(FOLDER / "big_endian_complex.npy", numpy.array([1 + 2j]).astype(">c8"))
    numpy.save(FOLDER / "scalar.npy", numpy.float32(2.5))
    numpy.save(FOLDER / "empty.npy", numpy.empty((0, 3), "f4"))
    with open(FOLDER / "version_2.npy", "wb") as file:
        numpy.lib.format.write_array(file, grid.astype("f4"), version=(2, 0))


if __name__ == "__main__":
    main()
