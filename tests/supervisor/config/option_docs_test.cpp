#include "supervisor/config/option_docs.h"

#include <gtest/gtest.h>

#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

TEST(OptionDocsTest, AnOptionHasTypeDefaultAndComment) {
  const std::string reference = option_reference();
  for (const char* line : {
           "| `shutdown_timeout` | duration | `\"9s\"` | an orderly stop fits into this |",
           "| `exit_code` | integer or \"primary\" | `\"primary\"` | \"primary\", or a number to "
           "end with |",
           "| `backoff.initial` | duration | `\"100ms\"` | the first wait before a restart |",
           "| `restart` | \"always\" or \"on-failure\" or \"never\" |  | always, on-failure or "
           "never |",
           "| `success_exit_codes` | array of integers | `[0]` | exit codes that are no failure |",
           "| `rotate.size` | size | `\"16MiB\"` | rotate before the file would grow over this "
           "size; 0 never rotates |",
           "| `block_limit` | duration or \"never\" | `\"1m\"` |",
       }) {
    EXPECT_NE(reference.find(line), std::string::npos) << line << "\n" << reference;
  }
}

TEST(OptionDocsTest, EveryOptionHasAComment) {
  for (const TableDoc& table : list_options()) {
    EXPECT_FALSE(table.options.empty());
    for (const OptionDoc& option : table.options) {
      EXPECT_FALSE(option.comment.empty()) << table.table << "." << option.key;
    }
  }
}

}  // namespace
}  // namespace supervisor
