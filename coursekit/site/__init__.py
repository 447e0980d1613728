"""The course as a static site: its lessons as pages, each explorable alive, nothing to install, no network."""
