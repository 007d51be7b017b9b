# What all of portrait's own targets share. Warnings stay private: a consumer's build is not ours to judge.

add_library(portrait_build_settings INTERFACE)
target_compile_options(portrait_build_settings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow
    $<$<BOOL:${PORTRAIT_WARNINGS_AS_ERRORS}>:-Werror>)

if(PORTRAIT_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(PORTRAIT_SANITIZE)
    # GCC 12 takes instrumented code for code that reads what nobody wrote.
    add_compile_options(-fsanitize=${PORTRAIT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    # Clang 14 can't assemble coroutines whose function types are checked.
    add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,Clang>:-fno-sanitize=function>)
    target_compile_options(portrait_build_settings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    add_link_options(-fsanitize=${PORTRAIT_SANITIZE})
endif()

# portrait_library(<name> SOURCES … [PUBLIC …] [PRIVATE …] [PC_REQUIRES …] [PC_LIBS …]): the library portrait_<name>,
# alias portrait::<name>, whose public headers are in ./include (or, for the core, in the project's include folder).
# PC_… says PRIVATE's packages once more in pkg-config's words: its modules, and flags for what has none.
function(portrait_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "INCLUDE" "SOURCES;PUBLIC;PRIVATE;PC_REQUIRES;PC_LIBS")
    set(target portrait_${name})
    if(NOT arg_INCLUDE)
        set(arg_INCLUDE ${CMAKE_CURRENT_SOURCE_DIR}/include)
    endif()
    add_library(${target} ${arg_SOURCES})
    add_library(portrait::${name} ALIAS ${target})
    target_compile_features(${target} PUBLIC cxx_std_20)
    target_include_directories(${target}
        PUBLIC $<BUILD_INTERFACE:${arg_INCLUDE}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
        PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE $<BUILD_INTERFACE:portrait_build_settings>)
    # Until 1.0 a minor version may change the ABI: a program never loads another one than it was linked with.
    set(soversion ${PROJECT_VERSION_MAJOR})
    if(soversion EQUAL 0)
        string(APPEND soversion .${PROJECT_VERSION_MINOR})
    endif()
    set_target_properties(${target} PROPERTIES
        EXPORT_NAME ${name} VERSION ${PROJECT_VERSION} SOVERSION ${soversion}
        POSITION_INDEPENDENT_CODE ON
        C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "SHARED_LIBRARY")
        # Hidden visibility doesn't reach what others' headers make visible, such as instances of std templates.
        set(script ${PROJECT_SOURCE_DIR}/lib/cmake/exports.map)
        target_link_options(${target} PRIVATE LINKER:--version-script=${script} LINKER:--no-undefined)
        set_target_properties(${target} PROPERTIES LINK_DEPENDS ${script} INSTALL_RPATH $ORIGIN)
        # What a shared library links privately is no concern of who links it: the installed package doesn't look for it.
        target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:${arg_PRIVATE}>)
    else()
        target_link_libraries(${target} PRIVATE ${arg_PRIVATE})
        target_compile_definitions(${target} PUBLIC PORTRAIT_STATIC)
    endif()
    set_target_properties(${target} PROPERTIES
        PORTRAIT_INCLUDE_FOLDER ${arg_INCLUDE} PORTRAIT_PUBLIC "${arg_PUBLIC}"
        PORTRAIT_PC_REQUIRES "${arg_PC_REQUIRES}" PORTRAIT_PC_LIBS "${arg_PC_LIBS}")
    set_property(GLOBAL APPEND PROPERTY PORTRAIT_LIBRARIES ${name})
endfunction()
