# CPack's .deb packages: libportrait0, libportrait-postgres0, libportrait-dev and portrait-server. See tests/consumer/scratch_root.sh.
if(NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr" OR NOT BUILD_SHARED_LIBS OR NOT PORTRAIT_POSTGRES)
    message(FATAL_ERROR "PORTRAIT_PACKAGES wants BUILD_SHARED_LIBS=ON, PORTRAIT_POSTGRES=ON and "
        "CMAKE_INSTALL_PREFIX=/usr: use the preset package")
endif()
find_program(GZIP gzip REQUIRED)

set(debian ${CMAKE_CURRENT_LIST_DIR}/debian)
configure_file(${debian}/changelog.in ${PROJECT_BINARY_DIR}/debian/changelog @ONLY)
# As Debian's policy has it, and the same file each time.
function(portrait_install_gzipped source name destination component)
    set(made ${PROJECT_BINARY_DIR}/debian/${name}.gz)
    execute_process(COMMAND ${GZIP} -9nc ${source} OUTPUT_FILE ${made} COMMAND_ERROR_IS_FATAL ANY)
    install(FILES ${made} DESTINATION ${destination} COMPONENT ${component})
endfunction()

set(runtime_package libportrait${PROJECT_VERSION_MAJOR})
set(postgres_package libportrait-postgres${PROJECT_VERSION_MAJOR})
set(development_package libportrait-dev)
set(server_package portrait-server)
foreach(component IN ITEMS runtime postgres development server)
    set(documents share/doc/${${component}_package})
    install(FILES ${debian}/copyright DESTINATION ${documents} COMPONENT ${component})
    portrait_install_gzipped(${PROJECT_BINARY_DIR}/debian/changelog changelog ${documents} ${component})
    string(TOUPPER ${component} upper)
    set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${${component}_package})
    set(CPACK_DEBIAN_${upper}_FILE_NAME DEB-DEFAULT)
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME portrait)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL runtime postgres development server)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_PACKAGE_MAINTAINER "The authors of portrait <portrait@localhost>")
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

set(own "= ${PROJECT_VERSION}")

set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION "C++ library for persons' pictures: shared libraries
The core, the embedded store on SQLite, the HTTP endpoint of SuperOffice's
REST contract with its server, renditions by libvips, and fakes for unit tests.")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY "=")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${debian}/runtime/triggers)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS tzdata)
# The libraries find one another while their dependencies are looked up.
get_property(portrait_libraries GLOBAL PROPERTY PORTRAIT_LIBRARIES)
foreach(name IN LISTS portrait_libraries)
    get_target_property(folder portrait_${name} BINARY_DIR)
    list(APPEND CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${folder})
endforeach()

# Of its own, so that a program that needs no PostgreSQL needs no libpq.
set(CPACK_DEBIAN_POSTGRES_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_POSTGRES_DESCRIPTION "C++ library for persons' pictures: the store in PostgreSQL
The store that several servers share: rows and bytes in one database.")
set(CPACK_DEBIAN_POSTGRES_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_POSTGRES_PACKAGE_CONTROL_EXTRA ${debian}/runtime/triggers)
set(CPACK_DEBIAN_POSTGRES_PACKAGE_DEPENDS "${runtime_package} (${own})")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "C++ library for persons' pictures: headers
What building with portrait takes: headers, the linker's names of the shared
libraries, and what CMake's find_package and pkg-config look for.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${runtime_package} (${own}), ${postgres_package} (${own}), libboost1.81-dev")

set(CPACK_DEBIAN_SERVER_PACKAGE_SECTION net)
set(CPACK_DEBIAN_SERVER_DESCRIPTION "server for persons' pictures
Keeps one picture for each person and serves it over SuperOffice's REST
contract. Users, tokens and persons are added on the command line.")
set(CPACK_DEBIAN_SERVER_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS "${runtime_package} (${own}), ${postgres_package} (${own}), adduser, tzdata")
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA
    ${debian}/server/postinst ${debian}/server/prerm ${debian}/server/postrm)

if(NOT TARGET portrait-server)
    message(FATAL_ERROR "PORTRAIT_PACKAGES wants PORTRAIT_EXAMPLES=ON, which builds portrait-server")
endif()
set(server_sources ${PROJECT_SOURCE_DIR}/examples/server)
install(FILES ${server_sources}/portrait-server.service DESTINATION lib/systemd/system COMPONENT server)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${server_sources}/portrait-server.1)
portrait_install_gzipped(${server_sources}/portrait-server.1 portrait-server.1 share/man/man1 server)
include(CPack)
