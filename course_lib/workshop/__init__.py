"""Authors' and instructors' tools. They work from a clone and are in no learner's wheel."""
