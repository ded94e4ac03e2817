"""Results as people read them: terminal, HTML, Markdown, JUnit, notebook, charts."""
