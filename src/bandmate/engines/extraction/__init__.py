"""Text to facts with evidence: salary, location, work model, employment type, language, HTML to text."""
