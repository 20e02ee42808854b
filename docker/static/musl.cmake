# For the static birl: zig's clang with musl, and the libraries that build_dependencies made.
set(CMAKE_SYSTEM_NAME Linux)
get_filename_component(dependencies ${CMAKE_CURRENT_LIST_DIR}/../../build/static-deps ABSOLUTE)
set(CMAKE_C_COMPILER ${dependencies}/bin/cc)
set(CMAKE_CXX_COMPILER ${dependencies}/bin/c++)
set(CMAKE_AR ${dependencies}/bin/ar)
set(CMAKE_RANLIB ${dependencies}/bin/ranlib)
set(CMAKE_FIND_ROOT_PATH ${dependencies}/prefix)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} ${dependencies}/prefix/lib/pkgconfig)
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -s -Os")  # -Os: the libc++ that zig builds for the link
set(CMAKE_CXX_LINK_EXECUTABLE "${CMAKE_CURRENT_LIST_DIR}/link ${dependencies}/bin/zig <TARGET> \
<CMAKE_CXX_COMPILER> <FLAGS> <CMAKE_CXX_LINK_FLAGS> <LINK_FLAGS> <OBJECTS> <LINK_LIBRARIES>")
