# SentencePiece, as a copy of the system's library that binds to its own symbols first: target Cairn_SentencePiece.
#
# libsentencepiece exports an object FLAGS_minloglevel of 24 bytes, LibTorch's libc10 an int of the same name. In one process
# the dynamic linker takes them for one, and SentencePiece's constructor writes over what stands behind libc10's: among
# others a switch that turns LibTorch's "out of memory" exception into abort().
pkg_check_modules(sentencepiece REQUIRED IMPORTED_TARGET sentencepiece)

set(own "${PROJECT_BINARY_DIR}/sentencepiece")
file(MAKE_DIRECTORY "${own}")
set(libraries "")
foreach(library IN LISTS sentencepiece_LINK_LIBRARIES)
  if(library MATCHES "libsentencepiece\\.so$")
    file(REAL_PATH "${library}" library)
    set(copy "${own}/libsentencepiece.so.0")
    try_run(status compiled SOURCES "${PROJECT_SOURCE_DIR}/cmake/own_symbols_first.cpp" NO_CACHE
            RUN_OUTPUT_VARIABLE said ARGS "${library}" "${copy}")
    if(NOT compiled OR NOT status EQUAL 0)
      message(FATAL_ERROR "SentencePiece: ${library} could not be copied: ${said}")
    endif()
    set(library "${copy}")
  endif()
  list(APPEND libraries "${library}")
endforeach()

add_library(Cairn_SentencePiece INTERFACE)
target_include_directories(Cairn_SentencePiece SYSTEM INTERFACE ${sentencepiece_INCLUDE_DIRS})
target_link_libraries(Cairn_SentencePiece INTERFACE ${libraries})
