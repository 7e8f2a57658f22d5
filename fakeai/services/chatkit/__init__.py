"""ChatKit: sessions, threads, and the conversations that their clients have."""
