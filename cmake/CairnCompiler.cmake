# How our own code is compiled: C++20, strict warnings, optional sanitizers, ccache when there.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # The precompiled header's time stamp changes with each build folder; its content does not.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()

# For C++ alone: nvcc, which compiles the CUDA kernels, knows few of these.
function(cairn_add_flags)
  foreach(flag IN LISTS ARGN)
    target_compile_options(cairn_flags INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:SHELL:${flag}>")
  endforeach()
endfunction()

add_library(cairn_flags INTERFACE)
cairn_add_flags(-Wall -Wextra -Wshadow=local -Wno-unknown-warning-option -Wno-missing-field-initializers -Wno-missing-designated-field-initializers)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  cairn_add_flags("-Xclang -fno-pch-timestamp")
  add_link_options("$<$<LINK_LANGUAGE:CXX>:-fuse-ld=lld>")  # not for CUDA, whose host compiler may be another one
elseif(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # With these g++ 12 raises false alarms from inside std::string (GCC bug 105651) and nlohmann::json.
  cairn_add_flags(-Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-maybe-uninitialized)
endif()
if(CAIRN_WERROR)
  cairn_add_flags(-Werror)
endif()
if(CAIRN_SANITIZE)
  cairn_add_flags(-fsanitize=${CAIRN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(cairn_flags INTERFACE -fsanitize=${CAIRN_SANITIZE})
endif()
