// What is said when a plugin crashes the process: one line on stderr, before the process dies as it would have.
#pragma once

namespace sp::plugin_host {

// Handles SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT: writes `sallyport: SIGSEGV in plugin "stamp" (…), hook
// on_request_head` if the thread is in a plugin, then gives the signal to whoever handled it before (by default: death
// with a core dump). Call it after loading plugins: a Go runtime sets handlers of its own. May be called again.
void InstallCrashHandler();

}  // namespace sp::plugin_host
