#include "test/support/child.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace sp::testing {

std::string InChild(const std::function<void(Failures&)>& work) {
  int ends[2];
  if (pipe(ends) != 0) return "pipe failed";
  const pid_t child = fork();
  if (child == 0) {
    Failures failures;
    work(failures);
    const bool told = write(ends[1], failures.text().data(), failures.text().size()) >= 0;
    _exit(told ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(ends[0], buffer, sizeof(buffer))) > 0;) text.append(buffer, static_cast<size_t>(n));
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) text += "the child did not end well\n";
  return text;
}

}  // namespace sp::testing
