"""Pure decisions: signal, sizing and the policies that turn a bar into a target."""
