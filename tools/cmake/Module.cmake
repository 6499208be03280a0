# sp_module(NAME [DEPS d…] [PRIVATE_DEPS d…] [TEST_DEPS d…] [TEST_LABELS l…] [FUZZ_DEPS d…])
#
# Makes of the current folder, by its files' names:
#   *.cc (but for the below)  the static library sp_NAME; main.cc is left to sp_program
#   *_test.cc                 one test program NAME_test with a main of Catch2's, known to ctest under the label `unit`
#                             and those of TEST_LABELS (`tsan`: to be run under ThreadSanitizer too)
#   *_fuzz.cc                 a fuzz program each: core/http/h1/decoder_fuzz.cc is http_h1_decoder_fuzz
# A dependency is a module's name (`base`) or a target with :: (`fmt::fmt`). Modules may be named before they exist.
# Includes start at the repository (core/base/slice.h), at api/plugin (sallyport/plugin.h) and, with the dependency
# sp::api, at the generated messages (sallyport/v1/route.pb.h).
#
# sp_program(NAME [DEPS d…])
#
# Makes the program bin/NAME of the current folder's main.cc. It exports no symbol, whatever the libraries it links export.
#
# sp_protobuf_library(NAME PROTO_ROOT dir PROTOS f…)
#
# Makes the shared library NAME of the .proto files' messages.

function(_sp_targets out)
  set(result)
  foreach(dep IN LISTS ARGN)
    if(dep MATCHES "::" OR dep STREQUAL "${CMAKE_DL_LIBS}")
      list(APPEND result ${dep})
    elseif(dep MATCHES "^sp_")
      list(APPEND result ${dep})
      set_property(GLOBAL APPEND PROPERTY SP_MODULES_NAMED ${dep})
    else()
      list(APPEND result sp_${dep})
      set_property(GLOBAL APPEND PROPERTY SP_MODULES_NAMED sp_${dep})
    endif()
  endforeach()
  set(${out} ${result} PARENT_SCOPE)
endfunction()

function(sp_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPS;PRIVATE_DEPS;TEST_DEPS;TEST_LABELS;FUZZ_DEPS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sp_module(${name}): what is ${arg_UNPARSED_ARGUMENTS}?")
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  set(fuzzers ${sources})
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(_(test|fuzz|bench)|/main)\\.cc$")
  _sp_targets(public ${arg_DEPS})
  _sp_targets(private ${arg_PRIVATE_DEPS})
  _sp_targets(for_tests ${arg_TEST_DEPS})
  _sp_targets(for_fuzzers ${arg_FUZZ_DEPS})

  if(sources)
    add_library(sp_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(sp_${name} PRIVATE sp_options ${private})
  else()
    add_library(sp_${name} INTERFACE)
    set(scope INTERFACE)
    target_link_libraries(sp_${name} INTERFACE ${private})
  endif()
  target_link_libraries(sp_${name} ${scope} ${public})
  target_include_directories(sp_${name} ${scope} ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/api/plugin)
  set_property(GLOBAL APPEND PROPERTY SP_MODULES sp_${name})
  set_property(GLOBAL PROPERTY SP_MODULE_OF_${CMAKE_CURRENT_SOURCE_DIR} sp_${name})

  if(SALLYPORT_TESTS)
    if(tests)
      sp_test(${name}_test SOURCES ${tests} LIBRARIES sp_${name} ${private} ${for_tests} LABELS ${arg_TEST_LABELS})
    endif()
    foreach(source IN LISTS fuzzers)
      get_filename_component(stem ${source} NAME_WE)
      sp_fuzzer(${name}_${stem} SOURCES ${source} LIBRARIES sp_${name} ${private} ${for_fuzzers})
    endforeach()
  endif()
endfunction()

function(sp_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPS")
  _sp_targets(libraries ${arg_DEPS})
  add_executable(${name} main.cc)
  target_link_libraries(${name} PRIVATE sp_options ${libraries})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  if(NOT SALLYPORT_SANITIZE)
    file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.exports CONTENT "{ local: *; };\n")
    target_link_options(${name} PRIVATE -Wl,--version-script=${CMAKE_CURRENT_BINARY_DIR}/${name}.exports)
  endif()
  set_property(GLOBAL APPEND PROPERTY SP_PROGRAMS ${name})
endfunction()

# sp_test(NAME SOURCES s… [LIBRARIES l…] [LABELS l…] [ARGUMENTS a…]): one Catch2 program.
function(sp_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES;LABELS;ARGUMENTS")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE sp_options sp_catch_main ${arg_LIBRARIES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/api/plugin)
  target_compile_definitions(${name} PRIVATE
    SALLYPORT_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    SALLYPORT_BINARY_DIR="${PROJECT_BINARY_DIR}"
    SALLYPORT_PLUGIN_DIR="${SALLYPORT_PLUGIN_DIR}")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${SALLYPORT_TEST_DIR})
  add_test(NAME ${name} COMMAND ${name} ${arg_ARGUMENTS} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "unit;${arg_LABELS}" TIMEOUT 300)
  set_property(GLOBAL APPEND PROPERTY SP_TEST_TARGETS ${name})
  foreach(label IN LISTS arg_LABELS)
    set_property(GLOBAL APPEND PROPERTY SP_TEST_TARGETS_${label} ${name})
  endforeach()
endfunction()

# sp_fuzzer(NAME SOURCES s… [LIBRARIES l…]): a fuzz program. Its seeds are the files of test/corpus/NAME/.
function(sp_fuzzer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  add_executable(${name} EXCLUDE_FROM_ALL ${arg_SOURCES})
  if(SALLYPORT_LIBFUZZER)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/test/support/fuzz_driver.cc)
  endif()
  target_link_libraries(${name} PRIVATE sp_options ${arg_LIBRARIES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/api/plugin)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${SALLYPORT_TEST_DIR})
  set(corpus ${PROJECT_SOURCE_DIR}/test/corpus/${name})
  if(NOT EXISTS ${corpus})
    set(corpus)
  endif()
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/corpus/${name})
  add_test(NAME ${name}
    COMMAND ${name} -max_total_time=4 -timeout=10 -max_len=16384 -artifact_prefix=${PROJECT_BINARY_DIR}/corpus/${name}-
            ${PROJECT_BINARY_DIR}/corpus/${name} ${corpus})
  set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 120)
  set_property(GLOBAL APPEND PROPERTY SP_FUZZ_TARGETS ${name})
endfunction()

if(SALLYPORT_TESTS)
  add_library(sp_catch_main STATIC ${PROJECT_SOURCE_DIR}/test/support/catch_main.cc)
  target_link_libraries(sp_catch_main PUBLIC Catch2::Catch2)
  target_include_directories(sp_catch_main PUBLIC ${PROJECT_SOURCE_DIR})
endif()

function(sp_protobuf_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PROTO_ROOT" "PROTOS")
  set(out ${PROJECT_BINARY_DIR}/generated/${name})
  file(MAKE_DIRECTORY ${out})
  set(generated)
  foreach(proto IN LISTS arg_PROTOS)
    file(RELATIVE_PATH relative ${arg_PROTO_ROOT} ${proto})
    string(REGEX REPLACE "\\.proto$" "" stem ${relative})
    add_custom_command(
      OUTPUT ${out}/${stem}.pb.cc ${out}/${stem}.pb.h
      COMMAND protobuf::protoc -I${arg_PROTO_ROOT} --cpp_out=${out} ${relative}
      DEPENDS ${arg_PROTOS} WORKING_DIRECTORY ${arg_PROTO_ROOT} COMMENT "protoc ${relative}" VERBATIM)
    list(APPEND generated ${out}/${stem}.pb.cc)
  endforeach()
  set_property(GLOBAL APPEND PROPERTY SP_GENERATED ${generated})
  add_library(${name} SHARED ${generated})
  target_include_directories(${name} SYSTEM PUBLIC ${out})
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf)
  # Generated code: no warnings of ours, everything exported.
  target_compile_options(${name} PRIVATE -w)
  set_target_properties(${name} PROPERTIES CXX_VISIBILITY_PRESET default VISIBILITY_INLINES_HIDDEN OFF)
endfunction()

# sp_grpc_sources(OUT PROTO_ROOT dir PROTOS f…): paths of the generated service stubs (x.grpc.pb.cc, x.grpc.pb.h beside
# the messages of sp::api), to be compiled by the one library that uses gRPC.
function(sp_grpc_sources out_variable)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PROTO_ROOT" "PROTOS")
  set(out ${PROJECT_BINARY_DIR}/generated/grpc)
  file(MAKE_DIRECTORY ${out})
  set(generated)
  foreach(proto IN LISTS arg_PROTOS)
    file(RELATIVE_PATH relative ${arg_PROTO_ROOT} ${proto})
    string(REGEX REPLACE "\\.proto$" "" stem ${relative})
    add_custom_command(
      OUTPUT ${out}/${stem}.grpc.pb.cc ${out}/${stem}.grpc.pb.h
      COMMAND protobuf::protoc -I${arg_PROTO_ROOT} --grpc_out=${out}
              --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin> ${relative}
      DEPENDS ${proto} WORKING_DIRECTORY ${arg_PROTO_ROOT} COMMENT "protoc (grpc) ${relative}" VERBATIM)
    list(APPEND generated ${out}/${stem}.grpc.pb.cc)
  endforeach()
  set_property(GLOBAL APPEND PROPERTY SP_GENERATED ${generated})
  set(${out_variable} ${generated} PARENT_SCOPE)
endfunction()
