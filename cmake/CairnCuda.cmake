# CUDA kernels are compiled where a compiler for them and a LibTorch with CUDA are both there; elsewhere
# <name>_cuda_stub.cpp stands in for <name>_cuda.cu and throws.
set(CAIRN_CUDA AUTO CACHE STRING "CUDA kernels: AUTO, ON or OFF")
set(CAIRN_HAS_CUDA OFF)

if(NOT CAIRN_CUDA STREQUAL "OFF" AND LibTorch_HAS_CUDA)
  if(NOT CMAKE_CUDA_HOST_COMPILER)
    set(CMAKE_CUDA_HOST_COMPILER "${CMAKE_CXX_COMPILER}")
  endif()
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80 90)
  endif()
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    enable_language(CUDA)
    # One CUDA runtime in the process: LibTorch's is shared too.
    set(CMAKE_CUDA_RUNTIME_LIBRARY Shared)
    if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake 3.25 does not know that nvcc can
      set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
      set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
    endif()
    set(CMAKE_CUDA_STANDARD 20)
    set(CMAKE_CUDA_STANDARD_REQUIRED ON)
    set(CAIRN_HAS_CUDA ON)
  endif()
endif()

if(CAIRN_CUDA STREQUAL "ON" AND NOT CAIRN_HAS_CUDA)
  message(FATAL_ERROR "CAIRN_CUDA=ON: got no CUDA compiler or a LibTorch without CUDA, expected both")
endif()
message(STATUS "CUDA kernels: ${CAIRN_HAS_CUDA}")
