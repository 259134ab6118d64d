"""Models written for other libraries; each file is proven by replaying inputs."""
