"""The security rules that every stack is judged by; see docs/policies.md."""
