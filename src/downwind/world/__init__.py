"""The emulated internet: real sockets on loopback that a scenario breaks as history did."""
