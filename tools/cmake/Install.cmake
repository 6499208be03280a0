# What `cmake --install` puts where. Plugins lie in lib/sallyport/plugins, never in a multiarch folder, because the
# binary looks for them relative to itself.
