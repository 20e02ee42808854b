#include "tests/support/programs/actor.h"

#include <cstdio>
#include <functional>
#include <map>

int main(int argc, char** argv) {
  using Verb = std::function<int(const actor::Arguments&)>;
  const std::map<std::string, Verb> verbs{
      {"exit", actor::exit_with},
      {"raise", actor::raise_it},
      {"wait", actor::wait_for_end},
      {"count-run", actor::count_run},
      {"exit-until", actor::exit_until},
      {"trap", actor::trap},
      {"record", actor::record},
      {"ignore", actor::ignore},
      {"orphans", actor::make_orphans},
      {"leave-child", actor::leave_child},
      {"escape", actor::escape},
      {"hold-pipes", actor::hold_pipes},
      {"say", actor::say},
      {"say-both", actor::say_both},
      {"open-stdout", actor::open_stdout},
      {"copy", actor::copy_file},
      {"env", actor::print_environment},
      {"notify", actor::notify},
      {"notify-and-wait", actor::notify_and_wait},
      {"notify-as-daemon", actor::notify_as_daemon},
      {"notify-often", actor::notify_often},
      {"ids", actor::print_ids},
      {"serve", actor::serve},
      {"keep-connection", actor::keep_connection},
      {"store-lingering", actor::store_lingering},
      {"store-pipes", actor::store_pipes},
      {"input", actor::print_input},
      {"bind-low", actor::bind_low_port},
  };
  const auto verb = verbs.find(argc > 1 ? argv[1] : "");
  if (verb == verbs.end()) {
    std::fputs("actor: no such verb\n", stderr);
    return 2;
  }
  return verb->second(actor::Arguments(argv + 2, argv + argc));
}
