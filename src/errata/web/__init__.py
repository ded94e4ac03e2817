"""The pages and the JSON API of ``errata serve``: FastAPI and Jinja2, readable without JavaScript."""
