# Language, warnings, sanitizers, linker, and the layout of the build folder.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Debug CACHE STRING "Debug or Release" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -fno-omit-frame-pointer")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g1 -fno-omit-frame-pointer")

# bin/, lib/ and lib/sallyport/plugins/ lie to each other as they do when installed, so the binary finds its plugins
# by the same relative path in both.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/archive)
set(SALLYPORT_PLUGIN_DIR ${PROJECT_BINARY_DIR}/lib/sallyport/plugins)
set(SALLYPORT_TEST_DIR ${PROJECT_BINARY_DIR}/test)
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)
set(CMAKE_INSTALL_RPATH "$ORIGIN/../lib:$ORIGIN")

find_program(SALLYPORT_CCACHE ccache)
if(SALLYPORT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${SALLYPORT_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SALLYPORT_CCACHE})
endif()

# The fastest linker that is there. Link-time optimisation keeps the system's own: it spends its time compiling.
if(NOT CMAKE_INTERPROCEDURAL_OPTIMIZATION)
  find_program(SALLYPORT_MOLD mold)
  find_program(SALLYPORT_LLD ld.lld)
  if(SALLYPORT_MOLD)
    add_link_options(-fuse-ld=mold)
  elseif(SALLYPORT_LLD)
    add_link_options(-fuse-ld=lld)
  endif()
endif()

# Linked by every target of ours, not by what we build for others.
add_library(sp_options INTERFACE)
target_compile_options(sp_options INTERFACE
  -Wall -Wextra -Wshadow -Wimplicit-fallthrough -Wcast-qual
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual>
  $<$<BOOL:${SALLYPORT_WERROR}>:-Werror>)
target_compile_definitions(sp_options INTERFACE SALLYPORT_VERSION="${PROJECT_VERSION}")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Both report, at -O1 with sanitizers and at -O2 alike, code of the standard library that is right.
  target_compile_options(sp_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict)
endif()

if(SALLYPORT_SANITIZE)
  add_compile_options(-fsanitize=${SALLYPORT_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SALLYPORT_SANITIZE})
endif()
if(SALLYPORT_LIBFUZZER)
  add_compile_options(-fsanitize=fuzzer-no-link)  # without it libFuzzer sees no coverage, and guesses blindly
endif()
