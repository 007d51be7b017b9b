# Installs every library as a component of its own, so that find_package(portrait COMPONENTS …) looks only for the packages of
# these components, and a pkg-config module portrait-<name> for each.
include(CMakePackageConfigHelpers)

set(portrait_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/portrait)
set(portrait_pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Writes and installs portrait-<name>.pc. Its paths are relative to its folder, so that the installation can be moved.
function(portrait_install_pc name)
    get_target_property(type portrait_${name} TYPE)
    get_target_property(public portrait_${name} PORTRAIT_PUBLIC)
    get_target_property(requires portrait_${name} PORTRAIT_PC_REQUIRES)
    get_target_property(libs portrait_${name} PORTRAIT_PC_LIBS)
    set(pc_requires)
    foreach(library IN LISTS public)
        if(library MATCHES "^portrait::(.*)$")
            list(APPEND pc_requires "portrait-${CMAKE_MATCH_1} = ${PROJECT_VERSION}")
        endif()
    endforeach()
    set(pc_libs -lportrait_${name})
    set(pc_cflags)
    # The users of a static library have to link its dependencies, so they are in Requires and Libs. pkg-config reads
    # Requires.private with --static only.
    if(type STREQUAL "STATIC_LIBRARY")
        list(APPEND pc_requires ${requires})
        list(APPEND pc_libs ${libs})
        set(pc_cflags " -DPORTRAIT_STATIC")
    endif()
    list(JOIN pc_requires ", " pc_requires)
    list(JOIN pc_libs " " pc_libs)
    file(RELATIVE_PATH pc_prefix /prefix/${portrait_pc_dir} /prefix)
    configure_file(${PROJECT_SOURCE_DIR}/lib/cmake/portrait.pc.in ${PROJECT_BINARY_DIR}/portrait-${name}.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/portrait-${name}.pc DESTINATION ${portrait_pc_dir} COMPONENT development)
endfunction()

get_property(portrait_libraries GLOBAL PROPERTY PORTRAIT_LIBRARIES)
foreach(name IN LISTS portrait_libraries)
    get_target_property(include_folder portrait_${name} PORTRAIT_INCLUDE_FOLDER)
    set(runtime runtime)
    if(name STREQUAL "postgres")
        set(runtime postgres) # a Debian package of its own
    endif()
    install(TARGETS portrait_${name} EXPORT portrait-${name}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${runtime} NAMELINK_COMPONENT development)
    install(DIRECTORY ${include_folder}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
        FILES_MATCHING PATTERN "*.hpp")
    install(EXPORT portrait-${name} NAMESPACE portrait:: FILE portrait-${name}.cmake
        DESTINATION ${portrait_package_dir} COMPONENT development)
    portrait_install_pc(${name})
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/generated/portrait/version.hpp
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/portrait COMPONENT development)

get_target_property(portrait_core_type portrait_core TYPE)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/portraitConfig.cmake.in
    ${PROJECT_BINARY_DIR}/portraitConfig.cmake INSTALL_DESTINATION ${portrait_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/portraitConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/portraitConfig.cmake ${PROJECT_BINARY_DIR}/portraitConfigVersion.cmake
    DESTINATION ${portrait_package_dir} COMPONENT development)
