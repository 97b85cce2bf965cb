"""The blast radius of every cause at once, over any number of sites."""
