# Everything that is not ours, as imported targets. All of it comes from the distribution's packages, but for llhttp,
# where the distribution may have none that is recent enough (llhttp.cmake).

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Protobuf REQUIRED)
find_package(absl REQUIRED)
find_package(gRPC REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)

pkg_check_modules(libuv REQUIRED IMPORTED_TARGET GLOBAL libuv)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET GLOBAL re2)
pkg_check_modules(libfyaml REQUIRED IMPORTED_TARGET GLOBAL libfyaml)
pkg_check_modules(libcares REQUIRED IMPORTED_TARGET GLOBAL libcares)
pkg_check_modules(libnghttp2 REQUIRED IMPORTED_TARGET GLOBAL libnghttp2)
foreach(pair uv::uv=libuv re2::re2=re2 fyaml::fyaml=libfyaml cares::cares=libcares nghttp2::nghttp2=libnghttp2)
  string(REPLACE "=" ";" pair ${pair})
  list(GET pair 0 target)
  list(GET pair 1 package)
  if(NOT TARGET ${target})  # gRPC's package brings some of them
    add_library(${target} ALIAS PkgConfig::${package})
  endif()
endforeach()

include(llhttp)  # llhttp::llhttp

if(SALLYPORT_TESTS)
  find_package(Catch2 REQUIRED)
endif()
