# Compiler options and libraries that every target shares.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
pkg_check_modules(LIBUV REQUIRED IMPORTED_TARGET libuv)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_library(birl_options INTERFACE)
target_include_directories(birl_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(birl_options INTERFACE
  BIRL_VERSION="${PROJECT_VERSION}"
  BIRL_SINGLE_FILE=$<BOOL:${BIRL_STATIC}>)
target_compile_options(birl_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Wimplicit-fallthrough
  -fno-omit-frame-pointer -ffunction-sections -fdata-sections
  -pthread)  # as simdjson asks for where it is used: one precompiled header fits all
# At -O3 GCC 12 warns of strings of its own library. CI and the developers' builds stay strict.
target_compile_options(birl_options INTERFACE
  $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:-Wno-error>)
target_link_options(birl_options INTERFACE -Wl,--gc-sections -Wl,--as-needed)
if(BIRL_FUZZ)  # Clang: libFuzzer sees which code an input reaches
  target_compile_options(birl_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(BIRL_SANITIZE)
  target_compile_options(birl_options INTERFACE -fsanitize=${BIRL_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(birl_options INTERFACE -fsanitize=${BIRL_SANITIZE})
  target_compile_definitions(birl_options INTERFACE BIRL_SANITIZED=1)
endif()

# The static file goes into every image, so it is built for size, but for what each line goes through.
function(birl_built_for_size target)
  cmake_parse_arguments(ARG "" "" "HOT" ${ARGN})
  if(BIRL_STATIC)
    target_compile_options(${target} PRIVATE -Os)
    set_source_files_properties(${ARG_HOT} PROPERTIES COMPILE_OPTIONS -O2)
  endif()
endfunction()

# What nearly every source includes, parsed once for each `owner` (targets that share one have the same
# options): half of the time that a source takes. Sources include what they use all the same.
set(BIRL_COMMON_HEADERS <algorithm> <array> <atomic> <cstdint> <cstring> <deque> <functional> <map> <memory> <optional>
  <span> <string> <string_view> <utility> <vector> <fmt/format.h> <tl/expected.hpp>)
function(birl_precompiled target owner)
  if(BIRL_STATIC OR NOT CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    return()  # sources of one target have options of their own; Clang wants the same macros
  elseif(target STREQUAL owner)
    target_precompile_headers(${target} PRIVATE ${BIRL_COMMON_HEADERS})
  else()
    target_precompile_headers(${target} REUSE_FROM ${owner})
  endif()
endfunction()
