"""What is said at the front door: fakeai's own API beside OpenAI's."""
