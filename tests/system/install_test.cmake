# `cmake --install` of the tree BUILD into TO: every file is where its readers look for it, and what
# was installed works from there.
file(REMOVE_RECURSE ${TO})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${TO}
  RESULT_VARIABLE result OUTPUT_VARIABLE told ERROR_VARIABLE told)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "cmake --install failed: ${told}")
endif()

foreach(file bin/birl libexec/birl/birl-router share/man/man1/birl.1 share/man/man5/birl.toml.5
             share/bash-completion/completions/birl share/zsh/site-functions/_birl
             share/fish/vendor_completions.d/birl.fish)
  if(NOT EXISTS ${TO}/${file})
    message(FATAL_ERROR "${file} is not installed: ${told}")
  endif()
  file(SIZE ${TO}/${file} bytes)
  if(bytes EQUAL 0)
    message(FATAL_ERROR "${file} is empty")
  endif()
endforeach()

file(WRITE ${TO}/birl.toml "[birl]\nruntime_directory = \"${TO}/run\"\n")
execute_process(COMMAND ${TO}/bin/birl run -c ${TO}/birl.toml -- /bin/sh -c "echo it runs; exit 7"
  RESULT_VARIABLE result OUTPUT_VARIABLE told ERROR_VARIABLE complaint)
if(NOT result EQUAL 7 OR NOT told STREQUAL "it runs\n")
  message(FATAL_ERROR "the installed birl ended with ${result}: ${told}${complaint}")
endif()
