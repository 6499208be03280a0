# llhttp::llhttp: the system's from 9.2 on (older ones lack framing fixes), else the three C files of 9.4.3 that
# tools/setup fetched and checked.

pkg_check_modules(libllhttp QUIET IMPORTED_TARGET GLOBAL libllhttp>=9.2)
if(libllhttp_FOUND)
  add_library(llhttp::llhttp ALIAS PkgConfig::libllhttp)
  return()
endif()
find_path(SALLYPORT_LLHTTP_INCLUDE llhttp.h)
find_library(SALLYPORT_LLHTTP_LIBRARY llhttp)
if(SALLYPORT_LLHTTP_INCLUDE AND SALLYPORT_LLHTTP_LIBRARY)
  file(STRINGS ${SALLYPORT_LLHTTP_INCLUDE}/llhttp.h version REGEX "define LLHTTP_VERSION_(MAJOR|MINOR)")
  string(REGEX REPLACE ".*MAJOR ([0-9]+).*MINOR ([0-9]+).*" "\\1.\\2" version "${version}")
  if(version VERSION_GREATER_EQUAL 9.2)
    add_library(llhttp::llhttp UNKNOWN IMPORTED GLOBAL)
    set_target_properties(llhttp::llhttp PROPERTIES
      IMPORTED_LOCATION ${SALLYPORT_LLHTTP_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${SALLYPORT_LLHTTP_INCLUDE})
    return()
  endif()
endif()

set(SALLYPORT_LLHTTP_SOURCE ${PROJECT_SOURCE_DIR}/.deps/llhttp CACHE PATH "llhttp's include/ and src/")
if(NOT EXISTS ${SALLYPORT_LLHTTP_SOURCE}/src/llhttp.c)
  message(FATAL_ERROR "No llhttp >= 9.2 in the system and none in ${SALLYPORT_LLHTTP_SOURCE}: run tools/setup.")
endif()
add_library(sallyport_llhttp STATIC
  ${SALLYPORT_LLHTTP_SOURCE}/src/api.c
  ${SALLYPORT_LLHTTP_SOURCE}/src/http.c
  ${SALLYPORT_LLHTTP_SOURCE}/src/llhttp.c)
target_include_directories(sallyport_llhttp SYSTEM PUBLIC ${SALLYPORT_LLHTTP_SOURCE}/include)
# Generated code: its unused parameters are no news.
target_compile_options(sallyport_llhttp PRIVATE -w -O2)
add_library(llhttp::llhttp ALIAS sallyport_llhttp)
