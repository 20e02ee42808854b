// actor VERB ARGUMENT...: a service that behaves the way a test needs.
//
// Each verb is one function of its own file's group; `main` only looks it up. It links nothing of
// birl, so that it can be run by any user and in any world.
#pragma once

#include <string>
#include <vector>

namespace actor {

using Arguments = std::vector<std::string>;

// Ends (actor_ends.cpp).
int exit_with(const Arguments& arguments);   // CODE
int raise_it(const Arguments& arguments);    // SIGNAL-NUMBER: dies of it, without a core file
int wait_for_end(const Arguments&);          // until a signal ends it
int count_run(const Arguments& arguments);   // FILE CODE: adds a line to FILE, exits with CODE
int exit_until(const Arguments& arguments);  // FILE N CODE: like count_run N times, then waits

// Sockets that came with it (actor_listen.cpp).
int serve(const Arguments& arguments);  // COUNT: its pid as a line to so many clients, then KILL

// Descriptors left with birl (actor_store.cpp).
/// PATH: connects there, or has the connection from a former run; its pid as a line to it; waits.
int keep_connection(const Arguments& arguments);
/// PORT: stores a connection to the loopback whose close would wait for ten minutes, since its peer
/// reads nothing, and has no other descriptor of it. Waits.
int store_lingering(const Arguments& arguments);
/// COUNT FILE: stores so many pipes one after another, then makes FILE and waits.
int store_pipes(const Arguments& arguments);

// Notifications (actor_notify.cpp).
/// With a copy of `fd`, if it is one. Whether it was sent.
bool send_notification(const std::string& text, int fd = -1);
int notify(const Arguments& arguments);            // TEXT...: each to $NOTIFY_SOCKET, and ends
int notify_and_wait(const Arguments& arguments);   // TEXT...: like notify, then waits
int notify_as_daemon(const Arguments& arguments);  // end | stay: a child in its own session is main
int notify_often(const Arguments& arguments);      // FILE TEXT: every 5 ms until FILE exists; waits

// Signals (actor_signals.cpp). A line of a signal file: NAME-NUMBER MONOTONIC_NS.
int trap(const Arguments& arguments);    // FILE: writes the first TERM down and exits 0
int record(const Arguments& arguments);  // FILE: writes every signal down and never ends
int ignore(const Arguments& arguments);  // FILE: ignores TERM; "ready" goes to FILE

// Processes (actor_processes.cpp).
int make_orphans(const Arguments& arguments);  // COUNT: that many grandchildren end without us
int leave_child(
    const Arguments& arguments);  // FILE: a child in its own group writes its pid, waits
/// FILE [clean]: a grandchild in its own session, deaf to TERM, writes its pid to FILE and waits;
/// with `clean` it has no environment and no descriptor. Waits.
int escape(const Arguments& arguments);
int hold_pipes(const Arguments& arguments);  // COUNT BYTES FILE: "held N" goes to FILE, waits

// Output (actor_output.cpp).
int say(const Arguments& arguments);                // TEXT...: each to stdout as a line
int say_both(const Arguments& arguments);           // COUNT: "out N" to stdout, "err N" to stderr
int open_stdout(const Arguments& arguments);        // TEXT: opens /dev/stdout and /dev/stderr anew
int copy_file(const Arguments& arguments);          // FILE [WRITE_BYTES]: its bytes to stdout
int print_environment(const Arguments& arguments);  // NAME...: "NAME=value" or "NAME is not set"
int print_ids(const Arguments&);                    // "UID GID"
int bind_low_port(const Arguments&);  // "bound as UID" on a port below 1024, or why not
int print_input(const Arguments&);    // stdin, to stdout

}  // namespace actor
