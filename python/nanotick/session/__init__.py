"""What a run is: configuration, the run's directory, the drivers, and what comes of them."""
