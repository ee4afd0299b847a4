// The program: what was typed goes to its verb; an error becomes a message on stderr and an exit code.
#include <c10/util/Exception.h>

#include <csignal>
#include <exception>
#include <iostream>
#include <new>

#include "cairn/base/error.h"
#include "cairn/tool/verbs.h"

namespace {

int fail(const std::string& message, int exit_code) {
  std::cerr << "error: " << message << std::endl;
  return exit_code;
}

}  // namespace

int main(int count, char** words) {
  // Who reads our output may stop reading (`| head`): writing then fails with an error instead of a signal.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return cairn::tool::dispatch({words + 1, words + count});
  } catch (const cairn::Error& error) {
    return fail(error.what(), error.exit_code());
  } catch (const c10::Error& error) {
    return fail(error.what_without_backtrace(), 1);
  } catch (const std::bad_alloc&) {
    return fail("[memory] there is not enough of it", 1);
  } catch (const std::exception& error) {
    return fail(error.what(), 1);
  }
}
