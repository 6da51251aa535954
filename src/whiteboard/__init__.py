"""LLM interview questions whose answers run: implementations, exercises and the site."""
