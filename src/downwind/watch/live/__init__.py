"""The live state: probes, feeds and changes in, verdicts, incidents and a picture out. No I/O."""
