# Finds a LibTorch and makes the imported target LibTorch::LibTorch.
#
# Our own module instead of LibTorch's TorchConfig.cmake, because that one insists on a CUDA toolkit as soon as the
# wheel was built with CUDA. Here only headers and libraries are named, so the CPU wheel, the CUDA wheel without a
# toolkit, a plain unpacked LibTorch and a system one all configure.
#
#   LIBTORCH_DIR (or the environment's CAIRN_LIBTORCH)  the folder with include/ and lib/ (a wheel's `torch` folder too)
#   LibTorch_VERSION, LibTorch_HAS_CUDA                  results
set(LIBTORCH_DIR "$ENV{CAIRN_LIBTORCH}" CACHE PATH "Folder of LibTorch: the one with include/ and lib/")
if(NOT LIBTORCH_DIR)
  file(GLOB _candidates "${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch")
  if(_candidates)
    list(GET _candidates 0 _first)
    set(LIBTORCH_DIR "${_first}" CACHE PATH "Folder of LibTorch: the one with include/ and lib/" FORCE)
  endif()
endif()

find_path(LibTorch_INCLUDE_DIR torch/csrc/api/include/torch/torch.h
  HINTS "${LIBTORCH_DIR}/include" PATHS /usr/include NO_CMAKE_FIND_ROOT_PATH)
find_library(LibTorch_CPU_LIBRARY torch_cpu HINTS "${LIBTORCH_DIR}/lib")
find_library(LibTorch_C10_LIBRARY c10 HINTS "${LIBTORCH_DIR}/lib")
find_library(LibTorch_TORCH_LIBRARY torch HINTS "${LIBTORCH_DIR}/lib")
find_library(LibTorch_CUDA_LIBRARY torch_cuda HINTS "${LIBTORCH_DIR}/lib")
find_library(LibTorch_C10_CUDA_LIBRARY c10_cuda HINTS "${LIBTORCH_DIR}/lib")

set(_version_header "${LibTorch_INCLUDE_DIR}/torch/headeronly/version.h")
if(NOT EXISTS "${_version_header}")
  set(_version_header "${LibTorch_INCLUDE_DIR}/torch/csrc/api/include/torch/version.h")
endif()
if(EXISTS "${_version_header}")
  set(LibTorch_VERSION "")
  foreach(_part MAJOR MINOR PATCH)
    file(STRINGS "${_version_header}" _line REGEX "define TORCH_VERSION_${_part} ")
    string(REGEX MATCH "[0-9]+$" _number "${_line}")
    list(APPEND LibTorch_VERSION "${_number}")
  endforeach()
  list(JOIN LibTorch_VERSION "." LibTorch_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_INCLUDE_DIR
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "set CAIRN_LIBTORCH to a LibTorch folder, or let ./run install one into .venv")

set(LibTorch_HAS_CUDA OFF)
if(LibTorch_CUDA_LIBRARY AND LibTorch_C10_CUDA_LIBRARY)
  set(LibTorch_HAS_CUDA ON)
endif()

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE
    "${LibTorch_INCLUDE_DIR}" "${LibTorch_INCLUDE_DIR}/torch/csrc/api/include")
  set(_libraries "${LibTorch_CPU_LIBRARY}" "${LibTorch_C10_LIBRARY}")
  if(LibTorch_HAS_CUDA)
    # Nothing of ours names a symbol of the CUDA libraries, yet loading them is what registers the CUDA kernels.
    list(APPEND _libraries "-Wl,--no-as-needed" "${LibTorch_CUDA_LIBRARY}" "${LibTorch_C10_CUDA_LIBRARY}" "-Wl,--as-needed")
  endif()
  if(LibTorch_TORCH_LIBRARY)
    list(APPEND _libraries "${LibTorch_TORCH_LIBRARY}")
  endif()
  target_link_libraries(LibTorch::LibTorch INTERFACE ${_libraries})
  if(LibTorch_VERSION VERSION_LESS 2.13)
    # Their templates with a defaulted enable_if argument carry the names that g++ gives them, and clang gave until 18.
    target_compile_options(LibTorch::LibTorch INTERFACE
      "$<$<AND:$<COMPILE_LANG_AND_ID:CXX,Clang>,$<VERSION_GREATER_EQUAL:$<CXX_COMPILER_VERSION>,18>>:-fclang-abi-compat=17>")
  endif()
  get_filename_component(_lib_dir "${LibTorch_CPU_LIBRARY}" DIRECTORY)
  target_link_options(LibTorch::LibTorch INTERFACE "-Wl,-rpath,${_lib_dir}")
endif()
