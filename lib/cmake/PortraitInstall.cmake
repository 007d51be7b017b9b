# Installs every library that was built, each as a component of its own, so that find_package(portrait COMPONENTS …)
# looks for the packages of the wanted ones only.
include(CMakePackageConfigHelpers)

set(portrait_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/portrait)

get_property(portrait_libraries GLOBAL PROPERTY PORTRAIT_LIBRARIES)
foreach(name IN LISTS portrait_libraries)
    get_target_property(include_folder portrait_${name} PORTRAIT_INCLUDE_FOLDER)
    install(TARGETS portrait_${name} EXPORT portrait-${name}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(DIRECTORY ${include_folder}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
    install(EXPORT portrait-${name} NAMESPACE portrait:: FILE portrait-${name}.cmake
        DESTINATION ${portrait_package_dir})
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/generated/portrait/version.hpp
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/portrait)

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/portraitConfig.cmake.in
    ${PROJECT_BINARY_DIR}/portraitConfig.cmake INSTALL_DESTINATION ${portrait_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/portraitConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/portraitConfig.cmake ${PROJECT_BINARY_DIR}/portraitConfigVersion.cmake
    DESTINATION ${portrait_package_dir})
