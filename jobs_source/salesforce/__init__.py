"""One org over HTTP: logging in, asking, walking a list. It knows no Arrow and no destination."""
