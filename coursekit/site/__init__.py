"""The course as a static site: lessons, losses, mistakes, guides and the package as pages, and no network."""
