# The floors of the house as CMake targets.
#
# Each floor is one object library; a floor sees the usage requirements of every floor below and none above, and the
# test program of a floor links only the floors up to its own. So an upward call does not even link.
set_property(GLOBAL PROPERTY CAIRN_FLOORS "")

add_library(cairn_dependencies INTERFACE)
target_include_directories(cairn_dependencies INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
target_link_libraries(cairn_dependencies INTERFACE
  nlohmann_json::nlohmann_json Threads::Threads ZLIB::ZLIB OpenSSL::Crypto yaml-cpp
  PkgConfig::libzip PkgConfig::libhwy)

# LibTorch and what is compiled with it share one precompiled header; see cairn/base/torch_pch.cpp.
add_library(cairn_torch INTERFACE)
target_link_libraries(cairn_torch INTERFACE cairn_dependencies LibTorch::LibTorch OpenMP::OpenMP_CXX)

# cairn_floor(NAME [PLAIN] [LIBRARIES lib...]): the sources under cairn/NAME. PLAIN floors are compiled without LibTorch.
# CUDA kernels (*_cuda.cu) or the stubs in their place (*_cuda_stub.cpp), as CairnCuda.cmake decided.
function(cairn_floor name)
  cmake_parse_arguments(ARG "PLAIN" "" "LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp")
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$|_pch\\.cpp$")
  if(CAIRN_HAS_CUDA)
    file(GLOB_RECURSE kernels CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*_cuda.cu")
    list(FILTER sources EXCLUDE REGEX "_cuda_stub\\.cpp$")
    list(APPEND sources ${kernels})
  endif()
  if(NOT sources)  # a floor may consist of headers alone
    file(GENERATE OUTPUT "${CMAKE_BINARY_DIR}/${name}_empty.cpp" CONTENT "")
    set(sources "${CMAKE_BINARY_DIR}/${name}_empty.cpp")
  endif()
  add_library(cairn_${name} OBJECT ${sources})
  target_link_libraries(cairn_${name} PRIVATE cairn_flags)
  if(ARG_PLAIN)
    target_link_libraries(cairn_${name} PUBLIC cairn_dependencies ${ARG_LIBRARIES})
  else()
    target_link_libraries(cairn_${name} PUBLIC cairn_torch ${ARG_LIBRARIES})
    target_precompile_headers(cairn_${name} REUSE_FROM cairn_pch)
  endif()
  set_property(GLOBAL APPEND PROPERTY CAIRN_FLOORS ${name})
endfunction()

# cairn_link_floors(TARGET NAME): links TARGET with the floors from the ground up to NAME.
function(cairn_link_floors target name)
  get_property(floors GLOBAL PROPERTY CAIRN_FLOORS)
  foreach(floor IN LISTS floors)
    target_link_libraries(${target} PRIVATE cairn_${floor})
    if(floor STREQUAL name)
      break()
    endif()
  endforeach()
  target_link_libraries(${target} PRIVATE cairn_flags)
endfunction()

# cairn_use_pch(PROGRAM): a program compiled with the shared precompiled header. The header was made for a library, so the
# program's objects are too (-fPIC instead of -fPIE).
function(cairn_use_pch program)
  set_target_properties(${program} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${program} PRIVATE -fPIC)
  target_precompile_headers(${program} REUSE_FROM cairn_pch)
endfunction()
