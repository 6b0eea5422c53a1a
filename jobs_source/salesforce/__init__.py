"""One org over HTTP: login, requests, the walk through a listing. It uses neither Arrow nor the destination."""
