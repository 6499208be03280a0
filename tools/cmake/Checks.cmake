# Checks of the build itself, and targets that gather others:
#   check_headers   compiles every header alone
#   generated       everything that protoc makes (what clang-tidy needs)
#   fuzzers         all fuzz programs; they are no part of `all`

get_property(named GLOBAL PROPERTY SP_MODULES_NAMED)
list(REMOVE_DUPLICATES named)
foreach(module IN LISTS named)
  if(NOT TARGET ${module})
    message(WARNING "${module} is named as a dependency, but no folder defines it (a library is written with ::, as fmt::fmt).")
  endif()
endforeach()

get_property(files GLOBAL PROPERTY SP_GENERATED)
add_custom_target(generated DEPENDS ${files})

get_property(fuzzers GLOBAL PROPERTY SP_FUZZ_TARGETS)
add_custom_target(fuzzers)
if(fuzzers)
  add_dependencies(fuzzers ${fuzzers})
endif()

set(folders core filters plugins api/plugin test)
set(patterns)
foreach(folder IN LISTS folders)
  list(APPEND patterns ${PROJECT_SOURCE_DIR}/${folder}/*.h ${PROJECT_SOURCE_DIR}/${folder}/*.hpp)
endforeach()
file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${patterns})
list(FILTER headers EXCLUDE REGEX "/(template|target|build)/")
set(units)
foreach(header IN LISTS headers)
  file(RELATIVE_PATH relative ${PROJECT_SOURCE_DIR} ${header})
  set(unit ${PROJECT_BINARY_DIR}/headers/${relative}.cc)
  file(CONFIGURE OUTPUT ${unit} CONTENT "#include \"${header}\"\n")
  list(APPEND units ${unit})
  if(relative MATCHES "^api/plugin/")  # the ABI is C
    set(unit ${PROJECT_BINARY_DIR}/headers/${relative}.c)
    file(CONFIGURE OUTPUT ${unit} CONTENT "#include \"${header}\"\n")
    list(APPEND units ${unit})
  endif()
endforeach()
if(units)
  add_library(check_headers OBJECT EXCLUDE_FROM_ALL ${units})
  target_include_directories(check_headers PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(check_headers PRIVATE sp_options sallyport::sdk fmt::fmt nlohmann_json::nlohmann_json)
  target_compile_definitions(check_headers PRIVATE
    SALLYPORT_SOURCE_DIR="" SALLYPORT_BINARY_DIR="" SALLYPORT_PLUGIN_DIR="")  # test headers name them
  target_compile_options(check_headers PRIVATE -O0 -g0 -fno-sanitize=all $<$<COMPILE_LANGUAGE:C>:-pedantic>
    -Wno-unused-function $<$<CXX_COMPILER_ID:Clang>:-Wno-unused-const-variable>)
  if(TARGET sallyport_api)
    target_link_libraries(check_headers PRIVATE sallyport_api)
  endif()
else()
  add_custom_target(check_headers)
endif()
