# Installs BUILD to a fresh prefix, checks the installed tool, and builds and runs the examples against the prefix.
set(folder "${BUILD}/install_test")
set(prefix "${folder}/prefix")
file(REMOVE_RECURSE "${folder}")

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

# An outside project of examples/, built and run; what it prints must match.
function(use example expected)
  must(${CMAKE_COMMAND} -G Ninja -S "${SOURCE}/examples/${example}" -B "${folder}/${example}" -DCMAKE_BUILD_TYPE=Release
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_PREFIX_PATH=${prefix})
  must(${CMAKE_COMMAND} --build "${folder}/${example}")
  must("${folder}/${example}/${example}")
  message(STATUS "${output}")
  if(NOT output MATCHES "${expected}")
    message(FATAL_ERROR "${example}: got ${output}, expected ${expected}")
  endif()
endfunction()

use(embed "nats")
use(checkpointing "step 5, loss")
