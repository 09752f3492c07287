"""Files become papers, papers become a library. Knows nothing of questions and answers."""
