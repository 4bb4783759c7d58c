"""The lab's content: corpus, questions, traffic scenarios, the mystery query."""
