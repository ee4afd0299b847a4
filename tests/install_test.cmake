# Installs BUILD to a fresh prefix, checks the installed tool, and builds and runs examples/embed against the prefix.
set(prefix "${BUILD}/install_test/prefix")
set(embed "${BUILD}/install_test/embed")
file(REMOVE_RECURSE "${BUILD}/install_test")

function(must)
  execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    string(JOIN " " command ${ARGN})
    message(FATAL_ERROR "${command}: exit code ${result}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

must(${CMAKE_COMMAND} --install "${BUILD}" --prefix "${prefix}")
must("${prefix}/bin/cairn" help)
if(NOT output MATCHES "train")
  message(FATAL_ERROR "cairn help: got ${output}, expected a list of verbs")
endif()

must(${CMAKE_COMMAND} -G Ninja -S "${SOURCE}/examples/embed" -B "${embed}" -DCMAKE_BUILD_TYPE=Release
  -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_PREFIX_PATH=${prefix})
must(${CMAKE_COMMAND} --build "${embed}")
must("${embed}/embed")
message(STATUS "${output}")
if(NOT output MATCHES "nats")
  message(FATAL_ERROR "embed: got ${output}, expected scores in nats")
endif()
