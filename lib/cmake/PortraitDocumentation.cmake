# The target portrait_documentation, if doxygen is installed: the reference of the public headers and the guide, as HTML in
# documentation/html. Not a part of the target all; a test builds it without warnings.
find_package(Doxygen QUIET)
if(NOT DOXYGEN_FOUND)
    return()
endif()

set(DOXYGEN_PROJECT_NAME portrait)
set(DOXYGEN_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/documentation)
set(DOXYGEN_FILE_PATTERNS *.hpp *.md)
set(DOXYGEN_USE_MDFILE_AS_MAINPAGE ${PROJECT_SOURCE_DIR}/examples/guide/README.md)
set(DOXYGEN_IMAGE_PATH ${PROJECT_SOURCE_DIR}/examples/guide)
set(DOXYGEN_STRIP_FROM_PATH ${PROJECT_SOURCE_DIR})
set(DOXYGEN_STRIP_FROM_INC_PATH ${PROJECT_SOURCE_DIR}/include)
foreach(adapter IN ITEMS audit_file accounts beast http imaging postgres prometheus sqlite testing)
    list(APPEND headers ${PROJECT_SOURCE_DIR}/adapters/${adapter}/include)
endforeach()
list(APPEND DOXYGEN_STRIP_FROM_INC_PATH ${headers})
set(DOXYGEN_JAVADOC_AUTOBRIEF YES) # the first sentence of a comment is its summary
set(DOXYGEN_SORT_MEMBER_DOCS NO)
set(DOXYGEN_MACRO_EXPANSION YES)
set(DOXYGEN_EXPAND_ONLY_PREDEF YES)
set(DOXYGEN_PREDEFINED PORTRAIT_EXPORT= PORTRAIT_HIDDEN=)
# Not for users: the internals of templates, and the cases of the conformance tests.
set(DOXYGEN_EXCLUDE_SYMBOLS portrait::detail portrait::http::detail)
set(DOXYGEN_EXCLUDE_PATTERNS */testing/conformance/*)
set(DOXYGEN_HAVE_DOT NO)
set(DOXYGEN_QUIET YES)
set(DOXYGEN_WARN_IF_UNDOCUMENTED NO) # names such as `width` need no comment; tests/documentation.sh checks classes and functions
set(DOXYGEN_WARN_AS_ERROR FAIL_ON_WARNINGS)
doxygen_add_docs(portrait_documentation
    ${PROJECT_SOURCE_DIR}/include ${headers} ${PROJECT_SOURCE_DIR}/examples/guide
    ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${PROJECT_SOURCE_DIR}/CONTRIBUTING.md ${PROJECT_SOURCE_DIR}/SECURITY.md
    ${PROJECT_SOURCE_DIR}/tests/bench/README.md)
